import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

/**
 * The processes of one benchmark run. Each gets a process group of its own, so that Ctrl-C reaches only the harness,
 * which then ends every process by its pid, last started first.
 */
export function createProcesses() {
  const running = [];
  let stopping = false;

  /** Starts a server and waits until `ready(process)` holds; its last output is in the error where it does not. */
  async function start({ name, command, args, env = {}, cwd, ready, deadlineMs = 20_000 }) {
    const started = launch(name, command, args, env, cwd);
    const deadline = performance.now() + deadlineMs;
    while (!(await ready(started).catch(() => false))) {
      if (started.code !== undefined) throw new Error(`${name} ended with code ${started.code}\n${started.output}`);
      if (performance.now() > deadline) throw new Error(`${name} was not ready in ${deadlineMs} ms\n${started.output}`);
      await pause(25);
    }
    return started;
  }

  /** Runs a program to its end and returns what it wrote. */
  async function run({ name, command, args, env = {}, cwd }) {
    const started = launch(name, command, args, env, cwd);
    await started.ended;
    if (started.code !== 0) throw new Error(`${name} ended with code ${started.code}\n${started.output}`);
    return started.output;
  }

  function launch(name, command, args, env, cwd) {
    if (stopping) throw new Error('interrupted');
    const child = spawn(command, args, {
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing of the caller's environment may change what is measured.
      env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production', ...env },
    });
    const started = { name, pid: child.pid, output: '', code: undefined, ended: undefined };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        started.output = (started.output + text).slice(-8_000);
      });
    }
    started.ended = new Promise((resolve) => {
      const end = (code) => {
        if (started.code !== undefined) return;
        started.code = code;
        running.splice(running.indexOf(started), 1);
        resolve();
      };
      child.once('close', end);
      child.once('error', (error) => {
        started.output += error.message;
        end(null);
      });
    });
    running.push(started);
    return started;
  }

  async function stop(started) {
    if (started.code !== undefined || started.pid === undefined) return;
    signal(started.pid, 'SIGTERM');
    const timer = setTimeout(() => signal(started.pid, 'SIGKILL'), 5_000);
    await started.ended;
    clearTimeout(timer);
  }

  async function stopAll() {
    stopping = true;
    for (const started of [...running].reverse()) await stop(started);
  }

  process.on('exit', () => {
    for (const started of running) signal(started.pid, 'SIGKILL');
  });
  return { start, run, stop, stopAll };
}

/**
 * What every process has used until now.
 * @returns pid -> CPU time of that process and its children, in microseconds (resolution: one clock tick, 10 ms).
 */
export function cpuTimes() {
  const rows = processTimes();
  const ticks = (pid) =>
    rows.reduce((sum, row) => {
      if (row.pid === pid) return sum + row.ticks;
      return row.parent === pid ? sum + ticks(row.pid) : sum;
    }, 0);
  return (pid) => ticks(pid) * 10_000;
}

function processTimes() {
  const rows = [];
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      // The name, in parentheses, may itself hold spaces.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // utime, stime, and of children that have ended cutime and cstime: a server's workers come and go.
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      rows.push({ pid: Number(entry), parent: Number(fields[1]), ticks });
    } catch {
      // It ended while we looked.
    }
  }
  return rows;
}

/** Waits until these use less than a tenth of a processor together, twice in turn; or no longer than the deadline. */
export async function untilIdle(members, deadlineMs) {
  const pids = [...new Set(members.map(({ process: { pid } }) => pid))];
  const untilMs = performance.now() + deadlineMs;
  for (let idle = 0; idle < 2 && performance.now() < untilMs; ) {
    const before = cpuTimes();
    await pause(500);
    const after = cpuTimes();
    const usedMicroseconds = pids.reduce((sum, pid) => sum + after(pid) - before(pid), 0);
    idle = usedMicroseconds < 50_000 ? idle + 1 : 0;
  }
}

/** The server that was started with `-p <port>`, as nats-server and postgres are. */
export function serverPid(port) {
  const found = processTimes().find(({ pid }) => commandLine(pid).join(' ').includes(` -p ${port} `));
  if (found === undefined) throw new Error(`no process was started with -p ${port}`);
  return found.pid;
}

/** The Redis at this address, which names itself by it. */
export function redisPid(url) {
  const { host } = new URL(url);
  const found = processTimes().find(({ pid }) => commandLine(pid).join(' ').startsWith(`redis-server ${host}`));
  if (found === undefined) throw new Error(`no redis-server at ${host}`);
  return found.pid;
}

function commandLine(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Whether something accepts connections on this port of loopback. */
export function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A port of loopback that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}
