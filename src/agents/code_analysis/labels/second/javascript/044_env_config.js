'use strict';

const fs = require('fs');

const SECRET_DIR = '/run/secrets';
const PASSWORD_INPUT_ID = 'password-field';
const AUTH_HEADER = 'x-api-token';

class ConfigError extends Error {}

const SCHEMA = {
  port: { env: 'PORT', parse: Number, fallback: 3000 },
  logLevel: { env: 'LOG_LEVEL', parse: String, fallback: 'info' },
  databaseUrl: { env: 'DATABASE_URL', secret: true },
  sessionSecret: { env: 'SESSION_SECRET', secret: true, minLength: 32 },
  apiToken: { env: 'API_TOKEN', secret: true, minLength: 20 },
};

function readSecretFile(name) {
  try {
    return fs.readFileSync(`${SECRET_DIR}/${name.toLowerCase()}`, 'utf8').trim();
  } catch (err) {
    if (err.code === 'ENOENT') {
      return undefined;
    }
    throw err;
  }
}

function readValue(rule, env) {
  const raw = env[rule.env];
  if (raw !== undefined && raw !== '') {
    return raw;
  }
  return rule.secret ? readSecretFile(rule.env) : undefined;
}

function loadConfig(env = process.env) {
  const config = {};
  const problems = [];
  for (const [name, rule] of Object.entries(SCHEMA)) {
    const raw = readValue(rule, env);
    if (raw === undefined) {
      if (rule.secret) problems.push(`${rule.env} is not set`);
      config[name] = rule.fallback;
    } else if (rule.minLength && raw.length < rule.minLength) {
      problems.push(`${rule.env} is too short`);
    } else {
      config[name] = rule.parse ? rule.parse(raw) : raw;
    }
  }
  if (problems.length > 0) {
    throw new ConfigError(problems.join(', '));
  }
  return Object.freeze(config);
}

function describe(config) {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, SCHEMA[name].secret ? '(set)' : value])
  );
}

module.exports = { loadConfig, describe, PASSWORD_INPUT_ID, AUTH_HEADER, ConfigError };
