'use strict';

const { execSync } = require('child_process');
const os = require('os');

const isWindows = os.platform() === 'win32';

function parse(table) {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((cols) => cols.length >= 3)
    .map(([pid, cpu, ...command]) => ({
      pid: Number(pid),
      cpu: Number(cpu),
      command: command.join(' '),
    }));
}

/**
 * Lists running processes with the given name.
 * @param {string} name
 */
function lookup(name) {
  if (typeof name !== 'string' || name.length === 0) {
    throw new TypeError('name must be a non-empty string');
  }
  const line = isWindows
    ? 'tasklist /FI "IMAGENAME eq ' + name + '"'
    : 'ps -eo pid,pcpu,args | grep ' + name + ' | grep -v grep';
  let out;
  try {
    out = execSync(line, { encoding: 'utf8' });
  } catch (err) {
    return [];
  }
  return parse(out);
}

function terminate(name, signal = 'SIGTERM') {
  return lookup(name).map(({ pid }) => {
    process.kill(pid, signal);
    return pid;
  });
}

module.exports = { lookup, terminate };
