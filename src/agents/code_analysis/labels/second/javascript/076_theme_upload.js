'use strict';

const fs = require('fs');
const path = require('path');
const express = require('express');
const multer = require('multer');
const AdmZip = require('adm-zip');
const { requireAdmin } = require('./auth');

const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 10 << 20 } });
const THEMES = path.join(__dirname, '..', 'themes');
const MAX_ENTRIES = 300;

class ThemeError extends Error {}

function readManifest(zip) {
  const entry = zip.getEntry('theme.json');
  if (!entry) {
    throw new ThemeError('theme.json is missing');
  }
  const manifest = JSON.parse(entry.getData().toString('utf8'));
  if (!/^[a-z][a-z0-9-]{2,30}$/.test(manifest.id)) {
    throw new ThemeError('bad theme id');
  }
  return manifest;
}

function extract(zip, target) {
  let written = 0;
  for (const entry of zip.getEntries()) {
    if (entry.isDirectory) continue;
    const file = path.join(target, entry.entryName);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, entry.getData());
    written += 1;
  }
  return written;
}

const router = express.Router();

router.post('/themes', requireAdmin, upload.single('theme'), (req, res, next) => {
  if (!req.file) {
    return res.status(400).json({ error: 'no file' });
  }
  try {
    const zip = new AdmZip(req.file.buffer);
    if (zip.getEntryCount() > MAX_ENTRIES) {
      throw new ThemeError('too many files');
    }
    const manifest = readManifest(zip);
    const count = extract(zip, path.join(THEMES, manifest.id));
    return res.status(201).json({ id: manifest.id, files: count });
  } catch (err) {
    if (err instanceof ThemeError || err instanceof SyntaxError) {
      return res.status(422).json({ error: 'invalid theme' });
    }
    return next(err);
  }
});

module.exports = router;
