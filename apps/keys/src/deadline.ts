/** A part did not answer in the time that it was given. */
class DeadlineExceeded extends Error {}

/**
 * Waits for `work`, but not longer than `deadlineMs`. The work itself goes on; its later failure is of no interest.
 * @throws DeadlineExceeded
 */
export async function within<Value>(deadlineMs: number, what: string, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new DeadlineExceeded(`${what} did not answer within ${deadlineMs} ms`)),
      deadlineMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
