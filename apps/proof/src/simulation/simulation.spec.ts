import { simulate, TROUBLED_STEPS } from './simulation.worker.js';

const SEEDS = 120;

// Real: the rules, the attempt, its steps and reactions. Of the world's own making: clock, chance, record, leases, hub.
describe('the simulation', () => {
  it(`lives ${SEEDS} lives without a violation, each of them troubled for long and brought to an end`, async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const { violations, steps } = await simulate(seed);
      expect({ seed, violations }).toEqual({ seed, violations: [] });
      expect(steps).toBeGreaterThanOrEqual(TROUBLED_STEPS);
    }
  });

  it('lives the same life again from the same seed', async () => {
    const [one, other] = [await simulate(7), await simulate(7)];
    const told = (history: string) => history.replaceAll(/"[0-9a-f-]{36}"/g, '');
    expect(told(other.history())).toBe(told(one.history()));
    expect(other.steps).toBe(one.steps);
  });
});
