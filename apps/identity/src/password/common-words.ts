/** Words that the most used passwords are made of, padded or not. Whoever adds one: four letters at least, lower case. */
export const COMMON_WORDS = `
password passwort passw0rd contrasena motdepasse wachtwoord parola senha salasana losenord heslo haslo kennwort passphrase
qwerty qwertz azerty qwertyuiop asdfghjkl asdfgh asdf zxcvbnm zxcvbn zxcv qazwsx qazwsxedc wsxedc edcrfv 1q2w3e4r 1q2w3e
1qaz2wsx zaq12wsx q1w2e3r4 qweasd qweasdzxc poiuytrewq lkjhgfdsa mnbvcxz asdfjkl qwer wasd
123456789 12345678 1234567 123456 12345 1234 987654321 87654321 7654321 654321 54321 4321 111111 000000 121212 123123
112233 123321 101010 159753 147258369 789456123 696969 666666 777777 888888 999999 555555 222222 131313 232323 246810
abcdefghijkl abcdefgh abcdef abcde abcd abc123 aaaaaa asdasd qweqwe zxczxc
letmein letmeinnow welcome welcome1 welcomeback changeme changethis changeit default administrator admin adminadmin
administrador root rootroot toor superuser sysadmin system manager guest user username login logon signin access accessdenied
secret topsecret private security secure test testing tester testtest temp temporary example sample demo trial
server service database oracle mysql postgres cisco linux ubuntu windows microsoft apple google facebook twitter
instagram youtube amazon netflix github gitlab docker kubernetes internet computer laptop keyboard monitor network
master monkey dragon sunshine princess football baseball basketball hockey soccer softball tennis volleyball
superman batman spiderman ironman wolverine deadpool starwars startrek pokemon pikachu naruto minecraft fortnite
iloveyou iloveu loveyou loveme lovely loverboy lovers forever forever21 sweetheart sweetie honey darling babygirl babyboy
baby angel angels heaven jesus jesuschrist christ blessed blessing faith trustno1 trustnoone whatever nothing something
shadow michael jordan michelle jennifer jessica jonathan matthew daniel charlie charles andrew joshua ashley nicole
anthony thomas robert william george richard patrick hannah amanda samantha stephanie elizabeth alexander alexandra
christian christopher benjamin nicholas victoria natalie vanessa melissa rebecca barbara maggie buster pepper ginger
cookie chocolate cheese banana orange strawberry cherry apples peanut butter pancake chicken hamburger pizza coffee
flower flowers butterfly rainbow sunflower summer winter spring autumn january february march april june july august
september october november december monday tuesday wednesday thursday friday saturday sunday
yellow purple silver golden diamond crystal black white blue green redred pinky
hunter killer ranger warrior soldier phoenix tiger tigger eagle eagles falcon panther dolphin kitten kitty puppy doggy
bulldog snoopy scooby mickey mouse donald garfield tweety winnie spongebob
mustang ferrari porsche mercedes corvette harley yamaha honda toyota camaro chevy
liverpool arsenal chelsea barcelona realmadrid juventus manchester united cowboys yankees lakers steelers packers patriots
london paris berlin madrid america england germany france brazil mexico canada russia india texas california
hello helloworld hello123 hellokitty goodbye goodluck freedom fuckyou fuckoff asshole bitch biteme
master123 maverick matrix merlin gandalf thunder lightning slipknot metallica nirvana eminem blink182
company corporate office business enterprise production development staging backup support helpdesk
correcthorsebatterystaple opensesame opensesame1 abracadabra alohomora supercalifragilistic
password1 password12 password123 passpass pass1234 pass word
`;
