const { spawn } = require('child_process');
const path = require('path');
const express = require('express');

const router = express.Router();
const REPOS = process.env.REPO_ROOT || '/srv/git';
const NAME = /^[a-z0-9-]{1,40}$/;

function git(cwd, args) {
  const child = spawn('git', args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.resume();
  return child;
}

router.get('/:repo/archive', (req, res) => {
  const { repo } = req.params;
  if (!NAME.test(repo)) {
    return res.status(404).end();
  }
  const ref = String(req.query.ref || 'HEAD');
  res.setHeader('Content-Type', 'application/x-tar');
  const child = git(path.join(REPOS, `${repo}.git`), ['archive', '--format=tar', ref]);
  child.on('error', () => res.status(500).end());
  return child.stdout.pipe(res);
});

router.get('/:repo/tags', (req, res) => {
  const { repo } = req.params;
  if (!NAME.test(repo)) {
    return res.status(404).end();
  }
  res.type('text/plain');
  return git(path.join(REPOS, `${repo}.git`), ['tag', '--list']).stdout.pipe(res);
});

module.exports = router;
