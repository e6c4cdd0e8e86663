'use strict';

const path = require('path');
const { promisify } = require('util');
const execFile = promisify(require('child_process').execFile);
const express = require('express');

const REPOS = path.resolve(process.env.REPO_ROOT || '/srv/git');
const NAME = /^[a-z0-9][a-z0-9-]{0,60}$/;
const REVISION = /^[0-9a-f]{7,40}$/;

async function git(repo, args) {
  const cwd = path.join(REPOS, `${repo}.git`);
  const { stdout } = await execFile('git', args, {
    cwd,
    timeout: 10000,
    maxBuffer: 4 << 20,
    env: { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1' },
  });
  return stdout;
}

function parseLog(text) {
  return text
    .split('\0')
    .filter(Boolean)
    .map((entry) => {
      const [hash, date, subject] = entry.split('\x1f');
      return { hash: hash.trim(), date, subject };
    });
}

const router = express.Router();

router.param('repo', (req, res, next, repo) => {
  if (!NAME.test(repo)) {
    return res.status(404).json({ error: 'no such repository' });
  }
  return next();
});

router.get('/:repo/log/:rev', async (req, res, next) => {
  const { repo, rev } = req.params;
  if (!REVISION.test(rev)) {
    return res.status(400).json({ error: 'bad revision' });
  }
  const file = req.query.file ? String(req.query.file) : '.';
  try {
    const text = await git(repo, [
      '--literal-pathspecs',
      'log',
      '-z',
      '--max-count=50',
      '--format=%H%x1f%cI%x1f%s',
      rev,
      '--',
      file,
    ]);
    return res.json(parseLog(text));
  } catch (err) {
    return next(err);
  }
});

module.exports = router;
