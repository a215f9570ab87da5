/** `gatehouse leaks scan --help`. */
export const LEAKS_SCAN_HELP = `leaks scan <folder> [options]

Looks for keys in the files of a folder, or in one file, without asking anybody: by their form and their check digits, so
that what it shows are keys. It shows where a key is and how it ends, never the key. What is in .git is left out, binary
files are not read, links are not followed.

  --config <file>     whose APIs' keys to look for; gatehouse.yaml, or what GATEHOUSE_CONFIG says
  --prefix <prefix>   looks for keys that begin so, such as sk_live_ or shop_{project_slug}_, and reads no configuration;
                      can be given several times
  --json              the result as JSON on standard output

Exit codes: 0 no key was found; 1 keys were found; 2 the call makes no sense, or something cannot be read.`;
