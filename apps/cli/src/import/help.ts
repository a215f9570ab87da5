/** `gatehouse keys import --help`. */
export const IMPORT_HELP = `keys import --file <file> --api <name> [options]

Imports keys of a former system by their hash or by their value. Keys that are there already are left as they are, so an
import can be repeated at any time; one that was stopped goes on where it was.

  --file <file>       what to import; - is standard input
  --api <name>        the API that the keys are for
  --project <id>      id or slug of a project; without it, the organization's first one
  --format <format>   ndjson or csv, where the name of the file does not say it
  --hash <form>       what a bare hash is: sha256:hex (default), sha256:base64, hmac-sha256:hex, hmac-sha256:base64
  --failures <file>   writes down every refused row: line, code, field, message
  --dry-run           checks the form of every row, and sends nothing
  --import-id <id>    names this import in the audit log; without it, one is made
  --batch <rows>      rows in one request, 500; 1000 at most
  --parallel <n>      requests at once, 2
  --json              the summary as JSON on standard output

docs/import.md describes the file and every code.`;
