import preset from '../../jest.preset.js';

/** `npm run screenshots`: what makes pictures is no test, and is run when a picture is wanted. */
export default { ...preset, displayName: 'screenshots', testMatch: ['**/*.shots.ts'], testTimeout: 120_000 };
