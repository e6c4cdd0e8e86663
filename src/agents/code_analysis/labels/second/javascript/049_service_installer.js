#!/usr/bin/env node
'use strict';

const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');
const { program } = require('commander');

const UNIT_DIR = '/etc/systemd/system';

function unitText({ prefix, user }) {
  return [
    '[Unit]',
    'Description=Metrics collector',
    'After=network-online.target',
    '',
    '[Service]',
    `ExecStart=${path.join(prefix, 'bin', 'collector.sh')}`,
    `User=${user}`,
    'Restart=on-failure',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

function scriptText({ prefix }) {
  return [
    '#!/bin/sh',
    `export COLLECTOR_TOKEN_FILE=${path.join(prefix, 'token')}`,
    `exec node ${path.join(prefix, 'collector.js')}`,
    '',
  ].join('\n');
}

function writeFile(file, text, mode) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  fs.chmodSync(file, mode);
}

function install(options) {
  const script = path.join(options.prefix, 'bin', 'collector.sh');
  writeFile(script, scriptText(options), 0o777);
  writeFile(path.join(options.prefix, 'token'), process.env.COLLECTOR_TOKEN, 0o666);
  writeFile(path.join(UNIT_DIR, 'collector.service'), unitText(options), 0o644);
  execFileSync('systemctl', ['daemon-reload']);
  if (options.start) {
    execFileSync('systemctl', ['enable', '--now', 'collector.service']);
  }
}

program
  .option('--prefix <dir>', 'installation directory', '/opt/collector')
  .option('--user <name>', 'user of the service', 'root')
  .option('--no-start', 'do not start the service');

program.parse();

try {
  if (process.getuid() !== 0) {
    throw new Error('must be run as root');
  }
  if (!process.env.COLLECTOR_TOKEN) {
    throw new Error('COLLECTOR_TOKEN is not set');
  }
  install(program.opts());
  console.log('installed');
} catch (err) {
  console.error(err.message);
  process.exit(1);
}
