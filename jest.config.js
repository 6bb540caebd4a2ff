/** All projects in one run, so that PostgreSQL and NATS start once and one line can count everything. */
export default {
  projects: ['<rootDir>/libs/*', '<rootDir>/apps/*'],
  maxWorkers: 2,
  testTimeout: 60_000,
};
