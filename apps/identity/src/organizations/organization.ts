import { domainPart, type EmailAddress } from '../accounts/email.js';
import { newId } from '../new-id.js';
import { newProject, type Project } from '../projects/project.js';

/** Who holds people, projects and keys. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly plan: string;
}

export const FIRST_PLAN = 'free';
const FALLBACK_NAME = 'My organization';
/** Domains that everybody has an address at: they name nobody's organization. */
const PUBLIC_MAIL_DOMAINS = new Set([
  'aol.com',
  'fastmail.com',
  'gmail.com',
  'gmx.de',
  'gmx.net',
  'googlemail.com',
  'hotmail.com',
  'icloud.com',
  'live.com',
  'localhost',
  'mail.com',
  'mail.ru',
  'me.com',
  'msn.com',
  'outlook.com',
  'pm.me',
  'proton.me',
  'protonmail.com',
  'qq.com',
  'web.de',
  'yahoo.com',
  'yandex.ru',
  '163.com',
]);

/** The organization that comes with the first administrator: named by the address, with one project. */
export function firstOrganization(
  email: EmailAddress,
  nowMs: number,
): { organization: Organization; project: Project } {
  const domain = domainPart(email);
  const organization = {
    id: newId('org'),
    name: PUBLIC_MAIL_DOMAINS.has(domain) ? FALLBACK_NAME : domain,
    plan: FIRST_PLAN,
  };
  return { organization, project: newProject(organization.id, 'default', 'Default', nowMs) };
}
