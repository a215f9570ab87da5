/** How a command ends; scripts rely on these numbers. */
export const EXIT = {
  ok: 0,
  /** It did its work, and something of it was refused or found. */
  finding: 1,
  /** It was called in a way that makes no sense. */
  usage: 2,
  /** The platform cannot be reached, or does not let the caller in. */
  unreachable: 3,
  /** Ctrl-C or SIGTERM, as shells say it (128 + 2). */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
