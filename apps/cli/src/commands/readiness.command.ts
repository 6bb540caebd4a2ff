import type { Command } from 'commander';
import type { ReadinessAnswer } from '../api/answers.js';
import { table } from '../text/table.js';
import { type ApiOptions, connect, print, withApiOptions } from './api-access.js';

export function addReadiness(program: Command): void {
  const command = program
    .command('readiness')
    .description('Every operational requirement, with what to do. Exit code 1 if one fails.');
  withApiOptions(command).action(readiness);
}

async function readiness(options: ApiOptions): Promise<void> {
  const answer = await (await connect('transfer', options)).get<ReadinessAnswer>('/v1/readiness');
  print(answer, options, ({ targets }) =>
    table(
      ['target', 'requirement', 'passed', 'message', 'remedy'],
      targets.flatMap(({ target_node_key, requirements }) =>
        requirements.map(({ code, passed, message, remedy }) => [target_node_key, code, passed, message, remedy]),
      ),
    ),
  );
  if (!answer.ready) process.exitCode = 1;
}
