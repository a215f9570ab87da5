/**
 * Deadlines are right to end what takes too long, and on a machine that is busy with other tests much does. Tests that are
 * about deadlines set their own factor.
 */
export const DEADLINE_FACTOR = '10';
