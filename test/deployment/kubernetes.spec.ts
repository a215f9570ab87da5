import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCatalog } from '@gatehouse/catalog/catalog.loader';
import { startInternalServer } from '@gatehouse/observability/internal.server';
import { describe, expect, it } from '@jest/globals';
import { startExampleUpstream } from '../../examples/upstream/src/upstream.server.js';
import {
  containersOf,
  type Manifest,
  ofKind,
  render,
  renderedBy,
  renderFromFiles,
  root,
  type Spec,
  workloads,
} from './manifests.js';
import { programOf } from './process-environment.js';

const FOLDERS = ['base', 'overlays/production', 'overlays/local'];
const rendered = new Map(FOLDERS.map((folder) => [folder, render(folder)]));
const readme = readFileSync(join(root, 'k8s/README.md'), 'utf8');
const nameOf = ({ metadata }: Manifest) => metadata.name.replace(/-[a-z0-9]{10}$/, '');

/** Stands for the value of a secret: letters and digits, long enough, not guessable. */
const SECRET = 'pQ7xW2mN8vK4tR9sD3fG6hJ1lZ5cB0yA';

/** By the key in the Secret: those that are no password. */
const SECRETS_OF_A_FORM: Readonly<Record<string, string>> = {
  issuer: 'https://login.example.com/',
  'smtp-url': 'smtp://mail.example.com:587',
  email: 'admin@example.com',
  url: `postgres://gatehouse:${SECRET}@postgres:5432/gatehouse`,
  peppers: `2=${Buffer.from(SECRET).toString('base64')}`,
};

/** The environment of a container as the kubelet makes it: ConfigMaps first, then `env` with `$(NAME)` filled in. */
function environmentOf(container: Spec, manifests: readonly Manifest[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const source of container.envFrom ?? []) {
    const map = ofKind(manifests, 'ConfigMap').find(({ metadata, ...map }) =>
      [metadata.name, nameOf({ metadata, ...map })].includes(source.configMapRef.name),
    );
    Object.assign(environment, map?.data);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const filled = value?.replace(/\$\(([A-Z0-9_]+)\)/g, (whole: string, other: string) => environment[other] ?? whole);
    environment[name] = filled ?? SECRETS_OF_A_FORM[valueFrom.secretKeyRef?.key] ?? SECRET;
  }
  return environment;
}

const ours = (manifest: Manifest) => containersOf(manifest).filter(({ image }) => /(^|\/)gatehouse:/.test(image));

describe.each(FOLDERS)('k8s/%s', (folder) => {
  const manifests = rendered.get(folder) ?? [];
  const containers = workloads(manifests).flatMap((manifest) =>
    containersOf(manifest).map((container) => ({
      title: `${manifest.kind} ${manifest.metadata.name}`,
      manifest,
      container,
    })),
  );

  it(`renders by ${renderedBy}, everything in one namespace`, () => {
    expect(workloads(manifests).map(nameOf)).toEqual(
      expect.arrayContaining(['gateway', 'identity', 'keys', 'ratelimit', 'migrate', 'nats', 'valkey']),
    );
    for (const manifest of manifests.filter(({ kind }) => kind !== 'Namespace')) {
      expect([manifest.kind, manifest.metadata.name, manifest.metadata.namespace]).toContain('gatehouse');
    }
  });

  it('is the same objects when its files are read without kubectl', () => {
    const names = (found: readonly Manifest[]) => found.map((each) => `${each.kind} ${nameOf(each)}`).sort();
    expect(names(renderFromFiles(folder))).toEqual(names(manifests));
  });

  it('runs only programs that the build makes, with an environment that each of them accepts', async () => {
    for (const manifest of workloads(manifests)) {
      for (const container of ours(manifest)) {
        const program = await programOf(container.args);
        const environment = environmentOf(container, manifests);
        expect(() => program.readConfig(environment)).not.toThrow();
      }
    }
    // The kubelet fills in what stands before; what it does not find, it leaves as it is.
    for (const { container } of containers) {
      expect(JSON.stringify(environmentOf(container, manifests))).not.toContain('$(');
    }
  });

  it('names no variable that the program does not know', async () => {
    const known = new Set<string>();
    for (const container of workloads(manifests).flatMap(ours)) {
      const { variables } = await programOf(container.args);
      for (const variable of variables) known.add(variable);
      const values = (container.env ?? []).map(({ value }: Spec) => value ?? '').join(' ');
      for (const { name } of container.env ?? []) {
        if (!values.includes(`$(${name})`)) expect(variables).toContain(name);
      }
    }
    const shared = ofKind(manifests, 'ConfigMap').find((map) => nameOf(map) === 'gatehouse-environment');
    for (const name of Object.keys(shared?.data ?? {})) expect(known).toContain(name);
  });

  it('takes every secret by reference, and the README says how to make each', () => {
    expect(ofKind(manifests, 'Secret')).toEqual([]);
    for (const { container } of containers) {
      for (const { name, value, valueFrom } of container.env ?? []) {
        if (/SECRET|PASSWORD|TOKEN/.test(name)) expect([name, value]).toEqual([name, undefined]);
        // An address may hold a login only as a reference to another variable.
        expect(value ?? '').not.toMatch(/:\/\/[^@/\s]+:(?!\$\()[^@/\s]*@/);
        const reference = valueFrom?.secretKeyRef;
        if (reference === undefined) continue;
        const command =
          readme.split('kubectl').find((text) => text.includes(`secret generic ${reference.name} `)) ?? '';
        expect([reference.name, command]).toEqual([
          reference.name,
          expect.stringContaining(`--from-literal=${reference.key}=`),
        ]);
      }
    }
    for (const map of ofKind(manifests, 'ConfigMap')) {
      expect(JSON.stringify(map.data)).not.toMatch(/:\/\/[^@/\s"]+:[^@/\s"$]+@|password:? *[^$ ,"\\]+[,\\]/i);
    }
  });

  it('pins every image to a version', () => {
    for (const { container } of containers) expect(container.image).toMatch(/:v?\d[\w.-]*$/);
  });

  it.each(containers)('hardens $title', ({ manifest, container }) => {
    const pod = manifest.spec.template.spec;
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.anything(), memory: expect.anything() },
      limits: { memory: expect.anything() },
    });
    for (const { name } of container.volumeMounts ?? []) {
      expect(pod.volumes.map((volume: Spec) => volume.name)).toContain(name);
    }
  });

  it.each(containers.filter(({ manifest }) => manifest.kind !== 'Job'))(
    'keeps $title alive, and up during a drain',
    ({ manifest, container }) => {
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) expect(container).toHaveProperty(probe);
      expect(manifest.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
      const { app } = { app: manifest.spec.selector.matchLabels };
      expect(manifest.spec.template.metadata.labels).toMatchObject(app);
      const budgets = ofKind(manifests, 'PodDisruptionBudget').map(({ spec }) => spec.selector.matchLabels);
      expect(budgets).toContainEqual(app);
    },
  );

  it.each(['gateway', 'identity', 'keys', 'ratelimit'])('replaces %s without a gap', (name) => {
    const deployment = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === name);
    expect(deployment?.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    const pod = deployment?.spec.template.spec;
    // 25 seconds are what a process gives itself (libs/observability/src/process.server.ts).
    const { seconds } = pod.containers[0].lifecycle.preStop.sleep;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(seconds + 25);
    const spread = pod.topologySpreadConstraints.map((constraint: Spec) => constraint.topologyKey);
    expect(spread).toContain('kubernetes.io/hostname');
  });

  it('probes paths that are served, on ports that are open', async () => {
    const internal = await startInternalServer(0, { notReady: () => [] }, () => []);
    const upstream = await startExampleUpstream({ port: 0, host: '127.0.0.1' });
    const address = internal.address();
    const internalUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    try {
      for (const { container } of containers) {
        for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
          const http = container[probe]?.httpGet;
          if (http === undefined) continue;
          const port = container.ports.find(({ name }: Spec) => name === http.port);
          const url = { 9090: internalUrl, 9000: upstream.url }[port?.containerPort as number];
          expect([http.path, (await fetch(`${url}${http.path}`)).status]).toEqual([http.path, 200]);
        }
      }
    } finally {
      internal.close();
      await upstream.stop();
    }
  });

  it('gives every Service, Ingress and autoscaler something that exists', () => {
    const pods = workloads(manifests).map(({ spec }) => spec.template);
    for (const { metadata, spec } of ofKind(manifests, 'Service')) {
      const behind = pods.find((pod) => Object.entries(spec.selector).every(([k, v]) => pod.metadata.labels[k] === v));
      const open = (behind?.spec.containers ?? []).flatMap(({ ports }: Spec) => ports.map(({ name }: Spec) => name));
      for (const port of spec.ports) expect([metadata.name, ...open]).toContain(port.targetPort);
      expect([metadata.name, spec.ports.map(({ port }: Spec) => port)]).not.toEqual([metadata.name, [9090]]);
    }
    for (const { spec } of ofKind(manifests, 'Ingress')) {
      for (const rule of spec.rules) {
        expect(rule.http.paths.map((path: Spec) => path.backend.service.name)).toEqual(['gateway']);
        expect(spec.tls.flatMap(({ hosts }: Spec) => hosts)).toContain(rule.host);
      }
    }
    for (const { spec } of ofKind(manifests, 'HorizontalPodAutoscaler')) {
      const target = ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === spec.scaleTargetRef.name);
      expect(spec.minReplicas).toBeGreaterThanOrEqual(2);
      // Both would fight over the number.
      expect(target?.spec).not.toHaveProperty('replicas');
    }
  });

  it('publishes APIs that can be loaded, and knows of as many gateways as there may be', async () => {
    const map = ofKind(manifests, 'ConfigMap').find((each) => nameOf(each) === 'gatehouse-configuration');
    const temporary = mkdtempSync(join(tmpdir(), 'gatehouse-k8s-'));
    const file = join(temporary, 'gatehouse.yaml');
    writeFileSync(file, map?.data?.['gatehouse.yaml'] ?? '');
    const catalog = await loadCatalog(file, join(root, 'profiles')).finally(() =>
      rmSync(temporary, { recursive: true }),
    );
    const scaler = ofKind(manifests, 'HorizontalPodAutoscaler').find(({ metadata }) => metadata.name === 'gateway');
    expect(catalog.gateways).toBeGreaterThanOrEqual(scaler?.spec.maxReplicas);
  });

  it('denies all traffic, then opens exactly the edges that the services need', () => {
    const policies = ofKind(manifests, 'NetworkPolicy');
    const deny = policies.find(({ metadata }) => metadata.name === 'default-deny');
    expect(deny?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    for (const { metadata, spec } of policies.filter((policy) => policy !== deny)) {
      for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
        expect([metadata.name, rule.ports?.length ?? 0, (rule.from ?? rule.to ?? []).length]).not.toContain(0);
      }
    }
    const local = folder === 'overlays/local';
    const routes = folder === 'overlays/production' ? [6222] : [];
    expect(edges(policies, 'Egress')).toEqual({
      gateway: [53, 80, 443, 4222, 8080, 8081, ...(local ? [9000] : [])],
      identity: [53, 443, 465, 587, 4222, 5432],
      keys: [53, 4222, 5432],
      ratelimit: [53, 4222, 6379],
      migrate: [53, 5432],
      nats: [53, ...routes],
      valkey: [53],
      ...(local ? { upstream: [53], postgres: [53] } : {}),
    });
    expect(edges(policies, 'Ingress')).toEqual({
      gateway: [8080, 9090],
      identity: [8081, 9090],
      keys: [9090],
      ratelimit: [9090],
      migrate: [],
      nats: [4222, ...routes],
      valkey: [6379],
      ...(local ? { upstream: [9000], postgres: [5432] } : {}),
    });
  });

  /** Which ports each workload's pods may reach, or be reached on. */
  function edges(policies: readonly Manifest[], direction: 'Ingress' | 'Egress'): Record<string, number[]> {
    return Object.fromEntries(
      workloads(manifests).map(({ metadata, spec }) => {
        const labels = spec.template.metadata.labels;
        const ports = policies
          .filter((policy) => policy.spec.policyTypes.includes(direction) && selects(policy.spec.podSelector, labels))
          .flatMap((policy) => policy.spec[direction.toLowerCase()] ?? [])
          .flatMap((rule: Spec) => rule.ports.map(({ port }: Spec) => port));
        return [metadata.name, [...new Set<number>(ports)].sort((a, b) => a - b)];
      }),
    );
  }
});

function selects(selector: Spec, labels: Record<string, string>): boolean {
  const matches = Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
  return matches && (selector.matchExpressions ?? []).every(({ key, values }: Spec) => values.includes(labels[key]));
}
