'use strict';

const fs = require('fs/promises');
const path = require('path');
const YAML = require('yaml');

const BLOCKED = new Set(['__proto__', 'constructor', 'prototype']);

function isPlain(value) {
  if (value === null || typeof value !== 'object') {
    return false;
  }
  const proto = Object.getPrototypeOf(value);
  return proto === Object.prototype || proto === null;
}

function mergeInto(target, source) {
  for (const key of Object.keys(source)) {
    if (BLOCKED.has(key)) {
      continue;
    }
    const value = source[key];
    if (isPlain(value)) {
      const current = Object.hasOwn(target, key) ? target[key] : undefined;
      target[key] = mergeInto(isPlain(current) ? current : Object.create(null), value);
    } else {
      target[key] = Array.isArray(value) ? [...value] : value;
    }
  }
  return target;
}

async function readLayer(file) {
  let text;
  try {
    text = await fs.readFile(file, 'utf8');
  } catch (err) {
    if (err.code === 'ENOENT') {
      return {};
    }
    throw err;
  }
  const data = YAML.parse(text, { maxAliasCount: 20 });
  return isPlain(data) ? data : {};
}

/** Later layers win: defaults.yml, then <environment>.yml, then local.yml. */
async function loadConfig(directory, environment = 'production') {
  if (!/^[a-z]{2,20}$/.test(environment)) {
    throw new RangeError('bad environment name');
  }
  const names = ['defaults', environment, 'local'];
  const config = Object.create(null);
  for (const name of names) {
    mergeInto(config, await readLayer(path.join(directory, `${name}.yml`)));
  }
  return config;
}

function get(config, dotted, fallback) {
  let node = config;
  for (const part of dotted.split('.')) {
    if (!isPlain(node) || !Object.hasOwn(node, part)) {
      return fallback;
    }
    node = node[part];
  }
  return node;
}

module.exports = { loadConfig, mergeInto, get };
