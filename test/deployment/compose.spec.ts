import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { root, type Spec } from './manifests.js';
import { programOf } from './process-environment.js';

const text = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const example = readFileSync(join(root, '.env.example'), 'utf8');

/** `.env` as its first lines say that it is made. */
const variables: Record<string, string> = Object.fromEntries(
  [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [
    name,
    value === '' ? `p${name.replace(/[^A-Z]/g, '').toLowerCase()}0123456789abcdef0123` : value,
  ]),
);

/** Compose's interpolation: `${X}`, `${X:-otherwise}`, `${X:?message}`. */
function interpolate(value: string): string {
  return value.replace(/\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g, (_whole, name: string, operator, rest = '') => {
    const given = variables[name];
    if (given !== undefined && given !== '') return given;
    if (operator === '-') return rest;
    throw new Error(`${name} is not in .env.example`);
  });
}

const compose = parse(text, { merge: true });
const services: [string, Spec][] = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.image.startsWith('gatehouse:'));

const environmentOf = (service: Spec): Record<string, string> =>
  Object.fromEntries(Object.entries(service.environment ?? {}).map(([name, value]) => [name, interpolate(`${value}`)]));

describe('docker-compose.yml', () => {
  it('has every part of the topology', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      ['gateway', 'identity', 'keys', 'migrate', 'nats', 'postgres', 'ratelimit', 'upstream', 'valkey'].sort(),
    );
  });

  it.each(ours)(
    'starts %s with a program that the build makes and an environment that it accepts',
    async (_, service) => {
      const program = await programOf(service.command);
      const environment = environmentOf(service);
      expect(() => program.readConfig(environment)).not.toThrow();
      const unknown = Object.keys(environment).filter((name) => !program.variables.has(name));
      expect(unknown.filter((name) => name !== 'NODE_ENV' && name !== 'LOG_LEVEL')).toEqual([]);
    },
  );

  it.each(services)('hardens %s', (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.image).toMatch(/:v?\d[\w.-]*$/);
    if (!service.image.startsWith('gatehouse:')) expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service).not.toHaveProperty('privileged');
  });

  it.each(services.filter(([name]) => name !== 'migrate'))('knows whether %s is healthy', (_, service) => {
    expect(service.healthcheck.test[0]).toBe('CMD');
    if (service.image.startsWith('gatehouse:')) {
      expect(service.healthcheck.test.at(-1)).toMatch(/127\.0\.0\.1:(9090\/readyz|9000\/v1\/models)/);
    }
  });

  it('waits for what a service needs', () => {
    for (const [name, service] of services) {
      for (const [other, { condition }] of Object.entries<Spec>(service.depends_on ?? {})) {
        const expected = other === 'migrate' ? 'service_completed_successfully' : 'service_healthy';
        expect([name, other, condition]).toEqual([name, other, expected]);
        expect(Object.keys(compose.services)).toContain(other);
      }
    }
    const needs = (name: string) => Object.keys(compose.services[name].depends_on);
    expect(needs('gateway')).toEqual(expect.arrayContaining(['nats', 'keys', 'identity', 'ratelimit']));
    for (const name of ['keys', 'identity']) expect(needs(name)).toEqual(['nats', 'migrate']);
  });

  it('stops the start where a secret is missing, and holds none itself', () => {
    const secrets = [...example.matchAll(/^([A-Z_]+)=$/gm)].map(([, name]) => name);
    expect(secrets.length).toBeGreaterThan(5);
    for (const name of secrets) {
      const uses = [...text.matchAll(new RegExp(`\\$\\{${name}([^}]*)\\}`, 'g'))];
      expect([name, uses.length]).not.toEqual([name, 0]);
      for (const [, rest] of uses) expect([name, rest]).toEqual([name, expect.stringMatching(/^:\?/)]);
    }
    for (const [name, service] of services) {
      for (const [variable, value] of Object.entries(service.environment ?? {})) {
        if (/SECRET|PASSWORD/.test(variable))
          expect([name, variable, value]).toEqual([name, variable, expect.stringMatching(/^\$\{/)]);
      }
    }
    expect(text).not.toMatch(/:\/\/[^@/\s]+:(?!\$\{)[^@/\s]*@/);
  });

  it('documents every variable in .env.example, and nothing that it does not use', () => {
    const used = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name));
    const optional = [...example.matchAll(/^# ([A-Z_]+)=$/gm)].map(([, name = '']) => name);
    expect([...used].sort()).toEqual([...Object.keys(variables), ...optional].sort());
    for (const name of optional) expect(text).toContain(`\${${name}:-}`);
  });

  it('opens one port, and gives each network only those who need it', () => {
    expect(services.filter(([, service]) => service.ports !== undefined).map(([name]) => name)).toEqual(['gateway']);
    const members = (network: string) =>
      services
        .filter(([, service]) => service.networks.includes(network))
        .map(([name]) => name)
        .sort();
    expect(members('edge')).toEqual(['gateway', 'identity', 'upstream']);
    expect(members('bus')).toEqual(['gateway', 'identity', 'keys', 'nats', 'ratelimit']);
    expect(members('database')).toEqual(['identity', 'keys', 'migrate', 'postgres']);
    expect(members('counters')).toEqual(['ratelimit', 'valkey']);
    for (const network of ['bus', 'database', 'counters'])
      expect(compose.networks[network]).toEqual({ internal: true });
  });

  it('mounts only files that are there, read-only', () => {
    for (const [, service] of services) {
      for (const mount of service.volumes ?? []) {
        if (!mount.startsWith('./')) continue;
        const [from, , mode] = mount.split(':');
        expect([from, existsSync(join(root, from)), mode]).toEqual([from, true, 'ro']);
      }
    }
  });
});
