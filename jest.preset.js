import { fileURLToPath } from 'node:url';

/** What every project's tests share: TypeScript by swc, ES modules, workspace libraries from their sources. */
export default {
  testEnvironment: 'node',
  // Generous, since the machine may be small and busy; a test that waits names its own, shorter limit.
  testTimeout: 60_000,
  // The same two files for each project: Jest runs each of them once, for one project and for all alike.
  globalSetup: fileURLToPath(new URL('./jest.global-setup.mjs', import.meta.url)),
  globalTeardown: fileURLToPath(new URL('./jest.global-teardown.mjs', import.meta.url)),
  roots: ['<rootDir>'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'es6' },
        jsc: {
          target: 'es2022',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
      },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@hub-export/source', 'node', 'node-addons'] },
};
