/** What somebody who has just started Gatehouse wants to know. */
export interface BannerFacts {
  readonly publicUrl: string;
  readonly apis: readonly { readonly name: string; readonly hosts: readonly string[] }[];
  /** The one-time token while there is no administrator. */
  readonly claimToken: string | null;
  readonly dataFolder: string;
}

/** The lines that `npm start` prints when everything runs. */
export function renderBanner(facts: BannerFacts): string {
  const width = Math.max(10, ...facts.apis.map(({ name }) => name.length));
  const labelled = (label: string, text: string) => `  ${label.padEnd(width + 4)} ${text}`;
  const apis = facts.apis.map((api) => {
    const hosts = api.hosts.length > 0 ? `  (also as host ${api.hosts.join(', ')})` : '';
    return labelled(`API ${api.name}`, `${facts.publicUrl}/apis/${api.name}/${hosts}`);
  });
  const first =
    facts.claimToken === null
      ? []
      : [
          '',
          'Nobody is administrator yet. Open this link once, or send its token to POST /auth/claim:',
          `  ${facts.publicUrl}/setup#token=${facts.claimToken}`,
          `  (the token is also in ${facts.dataFolder}/claim-token)`,
        ];
  return [
    '',
    'Gatehouse is running.',
    labelled('Console', `${facts.publicUrl}/`),
    ...apis,
    labelled('Data', facts.dataFolder),
    ...first,
    '',
    '',
  ].join('\n');
}
