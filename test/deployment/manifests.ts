import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A Kubernetes object, as far as the tests look into one. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly spec: Spec;
  readonly data?: Record<string, string>;
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are documents without a type; tests ask them by path.
export type Spec = any;

const kubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).error === undefined;

/** How the manifests were read, for the titles of the tests. */
export const renderedBy = kubectl ? 'kubectl kustomize' : 'reading its files, since kubectl is not on PATH';

/** What `kubectl apply -k` would send. @param folder below `k8s/` */
export function render(folder: string): Manifest[] {
  return kubectl ? renderWithKubectl(folder) : renderFromFiles(folder);
}

function renderWithKubectl(folder: string): Manifest[] {
  return documents(execFileSync('kubectl', ['kustomize', join(root, 'k8s', folder)], { encoding: 'utf8' }));
}

/**
 * The part of kustomize that this folder uses: resources, generated ConfigMaps, image tags. Patches are only read, so
 * what they change is checked where kubectl is found.
 */
export function renderFromFiles(folder: string): Manifest[] {
  const manifests = readKustomization(join(root, 'k8s', folder));
  return manifests.map((manifest) => ({ ...manifest, metadata: { namespace: 'gatehouse', ...manifest.metadata } }));
}

function readKustomization(folder: string): Manifest[] {
  const kustomization = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
  let manifests: Manifest[] = [];
  for (const resource of kustomization.resources ?? []) {
    const path = join(folder, resource);
    manifests.push(...(statSync(path).isDirectory() ? readKustomization(path) : documents(readFileSync(path, 'utf8'))));
  }
  for (const generator of kustomization.configMapGenerator ?? []) {
    const before = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === generator.name);
    manifests = manifests.filter((manifest) => manifest !== before);
    const data = { ...(generator.behavior === 'merge' ? before?.data : {}), ...dataOf(generator, folder) };
    manifests.push({ kind: 'ConfigMap', metadata: { name: generator.name }, spec: undefined, data });
  }
  for (const patch of kustomization.patches ?? []) {
    if (patch.path !== undefined) documents(readFileSync(join(folder, patch.path), 'utf8'));
  }
  for (const image of kustomization.images ?? []) tagImages(manifests, image);
  return manifests;
}

function dataOf(generator: Spec, folder: string): Record<string, string> {
  const literals = (generator.literals ?? []).map((literal: string) => {
    const at = literal.indexOf('=');
    return [literal.slice(0, at), literal.slice(at + 1)];
  });
  const files = (generator.files ?? []).map((file: string) => [
    basename(file),
    readFileSync(join(folder, file), 'utf8'),
  ]);
  return Object.fromEntries([...literals, ...files]);
}

function tagImages(manifests: readonly Manifest[], image: { name: string; newName?: string; newTag: string }): void {
  for (const container of manifests.flatMap(containersOf)) {
    if (container.image.split(':')[0] === image.name)
      container.image = `${image.newName ?? image.name}:${image.newTag}`;
  }
}

function documents(text: string): Manifest[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

export function ofKind(manifests: readonly Manifest[], ...kinds: readonly string[]): Manifest[] {
  return manifests.filter(({ kind }) => kinds.includes(kind));
}

/** Everything that runs pods. */
export function workloads(manifests: readonly Manifest[]): Manifest[] {
  return ofKind(manifests, 'Deployment', 'StatefulSet', 'Job');
}

export function containersOf(manifest: Manifest): Spec[] {
  return manifest.spec?.template?.spec?.containers ?? [];
}

/** The source of a compiled file that a command names: `apps/x/dist/main.js` -> `apps/x/src/main.ts`. */
export function sourceOf(compiled: string): string | undefined {
  const source = join(root, compiled.replace('/dist/', '/src/').replace(/\.js$/, '.ts'));
  const isBuilt = existsSync(join(dirname(dirname(source)), 'tsconfig.json'));
  return existsSync(source) && isBuilt ? source : undefined;
}
