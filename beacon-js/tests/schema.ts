// The collector's own schema of a beacon, as the judge of what is sent.

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Beacon } from '../src/wire.ts';

const SCHEMA = new URL('../../collector/wire/beacon.v1.schema.json', import.meta.url);

type Json = null | boolean | number | string | Json[] | { readonly [key in string]: Json };

/** The same schema, but no key is taken that it doesn't name: a beacon must not send what nobody reads. */
const closed = (schema: Json): Json => {
  if (Array.isArray(schema)) return schema.map(closed);
  if (schema === null || typeof schema !== 'object') return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in schema ? { ...inner, additionalProperties: false } : inner;
};

const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Record<string, Json>;
const options = { allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false } as const;

/** What a collector accepts. */
export const accepts = new Ajv2020(options).compile(schema);

/** What this beacon may send: the same, without unknown keys. */
const mayBeSent = new Ajv2020(options).compile({ ...(closed(schema) as object), $id: 'urn:graadmeter:beacon:1:sent' });

/** Answers `value`, which a beacon has sent, if the collector would take it and knows all of its keys. */
export const assertValid = (value: unknown): Beacon => {
  if (!mayBeSent(value)) {
    throw new Error(`invalid beacon ${JSON.stringify(value)}: ${JSON.stringify(mayBeSent.errors, null, 1)}`);
  }
  return value as Beacon;
};
