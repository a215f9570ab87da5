/** The yardstick: a proxy that checks nothing. */
import { createServer } from 'node:http';
import { createForward } from './proxy.mjs';

const { PORT, UPSTREAM } = process.env;

createServer({ keepAliveTimeout: 60_000 }, createForward(UPSTREAM)).listen(Number(PORT), '127.0.0.1');
