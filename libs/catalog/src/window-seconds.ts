/** The windows that quotas are given for, shortest first. */
export const WINDOW_SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;

export type WindowName = keyof typeof WINDOW_SECONDS;
