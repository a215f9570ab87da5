import { plainText, typedEmail } from '@gatehouse/contracts/plain-text';
import { z } from 'zod';

/** Bodies of sign-up, passwords and accounts. Strict: an unknown field is an error, never ignored. */
const email = typedEmail.min(1, 'is required');
const password = z.string().min(1, 'is required').max(4096);
const token = z.string().min(1, 'is required').max(200);

export const signUpBody = z.strictObject({ email, password, name: plainText.trim().max(120).default('') });
export const tokenBody = z.strictObject({ token });
export const verifyBody = z.strictObject({ token, password: password.optional() });
export const emailBody = z.strictObject({ email });
export const resetPasswordBody = z.strictObject({ token, new_password: password });
export const changePasswordBody = z.strictObject({ current_password: password, new_password: password });
export const disableBody = z.strictObject({ reason: plainText.trim().max(500).default('') });
