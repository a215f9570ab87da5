const form = document.getElementById('claim');
const result = document.getElementById('result');
const button = form.querySelector('button');
const fields = ['token', 'email', 'name', 'password'];

takeTokenFromFragment();
form.addEventListener('submit', (event) => {
  event.preventDefault();
  claim();
});

// The fragment never reaches a server or a log; once read, it leaves the address bar and the history too.
function takeTokenFromFragment() {
  const fragment = location.hash.slice(1);
  if (fragment === '') return;
  const token = new URLSearchParams(fragment).get('token') ?? fragment;
  history.replaceState(null, '', location.pathname);
  document.getElementById('token').value = token;
  document.getElementById('token-field').hidden = true;
}

async function claim() {
  showProblems({});
  say('Creating the administrator …', false);
  button.disabled = true;
  try {
    const response = await fetch('/auth/claim', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    const answer = await response.json();
    if (response.ok) {
      form.hidden = true;
      say(`Done. ${answer.account.email} is the administrator of this installation and is signed in here.`, false);
    } else {
      showProblems(answer.errors ?? {});
      say(`${answer.title} (request ${answer.request_id})`, true);
      if (answer.code === 'claim_token_invalid') document.getElementById('token-field').hidden = false;
    }
  } catch {
    say('The gateway could not be reached. Try again.', true);
  } finally {
    button.disabled = false;
  }
}

function showProblems(errors) {
  for (const field of fields) {
    const message = errors[field];
    document.getElementById(`${field}-problem`).textContent = message ?? '';
    document.getElementById(field).setAttribute('aria-invalid', String(message !== undefined));
  }
}

function say(text, isProblem) {
  result.textContent = text;
  result.classList.toggle('problem', isProblem);
  result.focus();
}
