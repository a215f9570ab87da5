import { describe, expect, it } from '@jest/globals';
import { MAIL_TEMPLATES, type MailTemplate, mailLink, renderMail } from './templates.js';

const EVIL = '<script>alert(1)</script>"\'&\r\nBcc: eve@example.test';

describe('a mail', () => {
  it.each(Object.keys(MAIL_TEMPLATES) as MailTemplate[])(
    '%s says the same in text and HTML, and no value is markup [H-085]',
    (template) => {
      const parameters = new Proxy({}, { get: () => EVIL, has: () => true }) as Record<string, string>;
      const { subject, text, html } = renderMail(template, parameters);
      expect(subject).not.toMatch(/[\r\n]/);
      expect(html).not.toMatch(/<script|<\/script/);
      expect(text.length).toBeGreaterThan(20);
      for (const paragraph of text.split('\n\n').filter((part) => /^[\w ,.:]+$/.test(part.trim()))) {
        expect(html).toContain(paragraph.trim());
      }
    },
  );

  it('has its secret in the fragment of a link to the configured origin [H-046]', () => {
    expect(mailLink('https://auth.example.test', 'reset-password', 'abc')).toBe(
      'https://auth.example.test/reset-password#token=abc',
    );
  });
});
