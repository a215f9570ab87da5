/** `gatehouse keys export --help`. */
export const EXPORT_HELP = `keys export [options]

Writes down the keys of an organization, newest first: everything that the platform shows of them, and neither secrets nor
hashes. In CSV, cells that a spreadsheet would run begin with an apostrophe.

  --api <name>        only keys of this API
  --project <id>      only keys of this project
  --format <format>   ndjson (default) or csv
  --file <file>       where to; without it, standard output. The file appears when it is complete
  --json              what was done as JSON on standard output; needs --file`;
