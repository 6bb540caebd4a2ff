import importX from 'eslint-plugin-import-x';
import vue from 'eslint-plugin-vue';
import tseslint from 'typescript-eslint';

/** What a file may import that touches nothing: hashing is a function of its input, the rest of Node is the world. */
const WORLD = [
  {
    group: ['@nestjs/*', 'typeorm', 'pg', '@nats-io/*', 'undici', 'express', 'pino', 'pino-http'],
    message: 'A file without a role in its name is pure.',
  },
  { regex: '^node:(?!crypto$)', message: 'A file without a role in its name is pure.' },
  { group: ['node:crypto'], allowImportNames: ['createHash'], message: 'Of crypto, only hashing is a pure function.' },
];

/** Arrows go down: app, edge, store and bus, contract, pure. */
const FLOORS = {
  'libs/event-sourcing': [
    'event-store',
    'jetstream',
    'http-edge',
    'contracts',
    'transfer-life',
    'environment',
    'local-servers',
    'testing',
  ],
  'libs/contracts': [
    'event-store',
    'jetstream',
    'http-edge',
    'transfer-life',
    'environment',
    'local-servers',
    'testing',
  ],
  'libs/transfer-life': ['event-store', 'jetstream', 'http-edge', 'environment', 'local-servers', 'testing'],
  'libs/transparency-log': [
    'event-store',
    'jetstream',
    'http-edge',
    'contracts',
    'transfer-life',
    'event-sourcing',
    'environment',
    'local-servers',
    'testing',
  ],
  'libs/delivery-certificate': [
    'event-store',
    'jetstream',
    'http-edge',
    'transfer-life',
    'event-sourcing',
    'environment',
    'local-servers',
    'testing',
  ],
  'libs/environment': [
    'event-store',
    'jetstream',
    'http-edge',
    'contracts',
    'transfer-life',
    'event-sourcing',
    'local-servers',
    'testing',
  ],
  'libs/event-store': ['jetstream', 'http-edge', 'transfer-life', 'local-servers'],
  'libs/jetstream': ['event-store', 'http-edge', 'transfer-life', 'local-servers'],
  'libs/http-edge': ['event-store', 'jetstream', 'transfer-life', 'local-servers'],
  'libs/local-servers': ['event-store', 'jetstream', 'http-edge', 'transfer-life', 'contracts', 'testing'],
};

const floors = Object.entries(FLOORS).map(([folder, above]) => ({
  files: [`${folder}/src/**/*.ts`],
  ignores: ['**/*.spec.ts'],
  rules: {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: above.map((lib) => `@hub-export/${lib}`),
            message: 'Arrows point down: app, edge, store, contract, pure.',
          },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['**/dist', '**/coverage', '.nx', '.data', '**/*.js', '**/*.mjs', '**/*.d.ts'] },
  ...tseslint.configs.recommendedTypeChecked,
  // Pages: their types are vue-tsc's to check, in the build.
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      parserOptions: { parser: tseslint.parser, project: null, programs: null, projectService: false },
    },
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      // Prettier lays out the templates.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
    },
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.check.json', './apps/export-page/tsconfig.page-check.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [
        importX.createNodeResolver({
          extensions: ['.ts', '.js'],
          extensionAlias: { '.js': ['.ts', '.js'] },
          conditionNames: ['@hub-export/source', 'node', 'import'],
        }),
      ],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      'import-x/no-cycle': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  ...floors,
  {
    // A file without a role in its name is pure: it decides, and touches nothing.
    files: [
      'apps/*/src/*/**/*.ts',
      'libs/event-sourcing/src/**/*.ts',
      'libs/transfer-life/src/**/*.ts',
      'libs/contracts/src/**/*.ts',
      'libs/transparency-log/src/**/*.ts',
      'libs/delivery-certificate/src/**/*.ts',
    ],
    ignores: ['**/*.*.ts', '**/index.ts', 'apps/cli/**', 'apps/hub-simulator/**'],
    rules: {
      'no-restricted-imports': ['error', { patterns: WORLD }],
      'no-restricted-globals': [
        'error',
        ...['process', 'fetch', 'setTimeout', 'setInterval', 'setImmediate', 'Buffer'],
        ...['window', 'document', 'localStorage', 'sessionStorage', 'navigator', 'location'],
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time comes in with the command.' },
        { object: 'Math', property: 'random', message: 'Chance comes in with the command.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time comes in with the command.',
        },
      ],
    },
  },
  {
    // Decorators belong to the edge, the entities and the contracts.
    files: ['apps/*/src/*/**/*.ts', 'libs/event-sourcing/src/**/*.ts', 'libs/transfer-life/src/**/*.ts'],
    ignores: ['**/*.*.ts', 'apps/cli/**', 'apps/hub-simulator/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'Decorator', message: 'A pure file bears no decorator.' },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Time comes in with the command.',
        },
      ],
    },
  },
  {
    files: [
      '**/config.ts',
      '**/main.ts',
      '**/migrate.ts',
      '**/*.spec.ts',
      'libs/testing/**',
      'libs/local-servers/**',
      'apps/cli/**',
      'apps/*/test/**',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*.contract.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
