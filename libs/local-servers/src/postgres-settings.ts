/** The settings of the local server, as arguments of `postgres`. */
export function postgresArguments(options: { dataFolder: string; port: number; durable: boolean }): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port: options.port,
    unix_socket_directories: '',
    max_connections: 200,
    shared_buffers: options.durable ? '128MB' : '64MB',
    // Statements and details can hold what was submitted, and that is not for a log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...(options.durable ? {} : FORGETFUL),
  };
  return ['-D', options.dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The arguments of `initdb`: UTF-8 text in byte order, a password for everyone, times in UTC by its environment. */
export function initdbArguments(options: { dataFolder: string; passwordFile: string; durable: boolean }): string[] {
  return [
    ...['--pgdata', options.dataFolder, '--username', 'postgres', '--pwfile', options.passwordFile],
    ...['--auth', 'scram-sha-256', '--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
    ...(options.durable ? [] : ['--no-sync']),
  ];
}

/** For tests alone: fast, and lost on a power failure. */
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
