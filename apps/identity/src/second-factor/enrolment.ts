/** How long an authenticator can take to be set up. */
const ENROLMENT_SECONDS = 10 * 60;

/** Whether a code can still end setting up an authenticator: lately begun, and in this very session [H-055]. */
export function isEnrolmentOpen(
  enrolment: { readonly sessionId: string; readonly startedAtMs: number },
  sessionId: string,
  nowMs: number,
): boolean {
  return enrolment.sessionId === sessionId && nowMs < enrolment.startedAtMs + ENROLMENT_SECONDS * 1_000;
}
