import { PROBLEMS } from '@gatehouse/contracts/problems';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type PlatformUnderTest, startPlatformUnderTest } from '../management/platform-under-test.conformance.js';
import { html } from './html.js';
import { renderHome } from './render-home.js';

describe('the pages', () => {
  let platform: PlatformUnderTest;
  beforeAll(async () => {
    platform = await startPlatformUnderTest();
  });
  afterAll(() => platform.stop());

  it('say at / what runs here and list the APIs, without a word of what is behind them', async () => {
    const { status, headers, text } = await platform.send({ path: '/' });
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    for (const part of [
      '/apis/exante',
      'api.exante.example',
      'ex_live_',
      'Invoices &lt;fast&gt; &amp; safe',
      '/setup',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('127.0.0.1:9');
  });

  it('say so where no API is published', () => {
    expect(renderHome([], 'http://localhost')).toContain('None yet');
  });

  it('have no inline script, style or handler, and only files that are served', async () => {
    for (const path of ['/', '/setup', '/errors/not_found']) {
      const { headers, text } = await platform.send({ path });
      expect(headers['content-security-policy']).toContain("script-src 'self'");
      expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:/i);
      for (const [, target = ''] of text.matchAll(/(?:href|src)="([^"]+)"/g)) {
        expect([target, (await platform.send({ path: target })).status]).toEqual([target, 200]);
      }
    }
  });

  it('label every field of the set-up form, and say results aloud', async () => {
    const { text } = await platform.send({ path: '/setup' });
    const fields = [...text.matchAll(/<input id="([a-z]+)"/g)].map(([, id]) => id);
    expect(fields).toEqual(['token', 'email', 'name', 'password']);
    for (const id of fields) {
      expect(text).toContain(`<label for="${id}">`);
      expect(text).toContain(`id="${id}-problem"`);
    }
    expect(text).toContain('aria-live="polite"');
  });

  it('explain every error code at the address that `type` names', async () => {
    for (const [code, { title }] of Object.entries(PROBLEMS)) {
      const { status, text } = await platform.send({ path: `/errors/${code}` });
      expect(status).toBe(200);
      expect(text).toContain(html`${title}`.text);
    }
    for (const code of ['unknown', 'toString', '__proto__']) {
      expect((await platform.send({ path: `/errors/${code}` })).status).toBe(404);
    }
  });

  it('escape whatever is not markup', () => {
    expect(html`<p title="${`"'<&>`}">${'<script>'}${[html`<b>${'&'}</b>`]}</p>`.text).toBe(
      '<p title="&quot;&#39;&lt;&amp;&gt;">&lt;script&gt;<b>&amp;</b></p>',
    );
  });
});
