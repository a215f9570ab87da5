import { CHECK_HELP } from './check/help.js';
import type { Command } from './command.js';
import { EXPORT_HELP } from './export/help.js';
import { IMPORT_HELP } from './import/help.js';
import { LEAKS_SCAN_HELP } from './leaks/help.js';
import { ROTATE_HELP } from './signing-keys/help.js';

/** THE table of commands. What a command needs is loaded when it runs. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'keys import',
    summary: 'imports keys of a former system, by hash or by value',
    help: IMPORT_HELP,
    run: async (args, io) => (await import('./import/import.controller.js')).runKeysImport(args, io),
  },
  {
    name: 'keys export',
    summary: 'writes down what is known of keys, without secrets',
    help: EXPORT_HELP,
    run: async (args, io) => (await import('./export/export.controller.js')).runKeysExport(args, io),
  },
  {
    name: 'keys check',
    summary: 'says offline whether a text is a key in valid form, and whose',
    help: CHECK_HELP,
    run: async (args, io) => (await import('./check/check.controller.js')).runKeysCheck(args, io),
  },
  {
    name: 'leaks scan',
    summary: 'looks for keys in the files of a folder, offline',
    help: LEAKS_SCAN_HELP,
    run: async (args, io) => (await import('./leaks/leaks-scan.controller.js')).runLeaksScan(args, io),
  },
  {
    name: 'signing-keys rotate',
    summary: 'lets the next key sign access tokens, at once',
    help: ROTATE_HELP,
    run: async (args, io) => (await import('./signing-keys/rotate.controller.js')).runSigningKeysRotate(args, io),
  },
];
