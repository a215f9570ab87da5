/** Bounds of the password work: it shares four threads with everything else in the process. */
export const PASSWORD_WORK_AT_ONCE = 2;
export const PASSWORD_WORK_WAITING = 64;
/** Shorter than the gateway waits: nobody is counted and hashed for whom it has answered 503 already. */
export const PASSWORD_WORK_WAITS_MS = 8_000;
export const BUSY_RETRY_AFTER_SECONDS = 1;
