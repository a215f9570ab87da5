import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accepts, freePort } from './processes.mjs';

/** What every measured request asks for. */
export const PATH = '/api/invoices';

const configuration = (port, folder) => `
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx-error.log warn;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/nginx-body;
  proxy_temp_path ${folder}/nginx-proxy;
  fastcgi_temp_path ${folder}/nginx-fastcgi;
  uwsgi_temp_path ${folder}/nginx-uwsgi;
  scgi_temp_path ${folder}/nginx-scgi;
  keepalive_timeout 300s;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / {
      default_type application/json;
      return 200 '{"invoices":[{"id":"inv_1042","customer":"Example Ltd","currency":"EUR","total":1254.5}],"next_cursor":null}';
    }
  }
}
`;

/** An nginx of our own that returns a small JSON: cheap, so that the proxies are what is measured. */
export async function startUpstream(processes, folder) {
  const port = await freePort();
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration(port, folder));
  const started = await processes.start({
    name: 'nginx',
    command: 'nginx',
    args: ['-c', file, '-p', folder, '-e', join(folder, 'nginx-error.log')],
    ready: () => accepts(port),
  });
  return { url: `http://127.0.0.1:${port}`, member: { name: 'upstream', process: started } };
}
