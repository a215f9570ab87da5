/** `gatehouse keys check --help`. */
export const CHECK_HELP = `keys check <key> | - [options]

Says whether a text is a key in valid form, by its prefix, its length and its check digits; and whose. Asks nobody: whether
such a key exists, and works, is another question. With - the key is read from standard input, so that it stays out of the
history of the shell.

  --config <file>     whose keys there are; gatehouse.yaml where it is there (GATEHOUSE_CONFIG)
  --prefix <prefix>   what keys begin with, instead of a configuration; may be given several times
  --json              the answer as JSON

Exit codes: 0 valid, 1 not.`;
