'use strict';

const express = require('express');
const fs = require('fs');
const path = require('path');

const FILE = path.join(__dirname, 'data', 'settings.json');

const defaults = {
  theme: { name: 'light', accent: '#336699' },
  mail: { digest: 'daily', footer: '' },
  beta: false,
};

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function merge(target, source) {
  for (const key in source) {
    if (isObject(source[key])) {
      if (!isObject(target[key])) {
        target[key] = {};
      }
      merge(target[key], source[key]);
    } else {
      target[key] = source[key];
    }
  }
  return target;
}

class SettingsStore {
  constructor(file) {
    this.file = file;
    this.settings = merge({}, defaults);
  }

  load() {
    if (fs.existsSync(this.file)) {
      merge(this.settings, JSON.parse(fs.readFileSync(this.file, 'utf8')));
    }
    return this;
  }

  update(changes) {
    merge(this.settings, changes);
    fs.writeFileSync(this.file, JSON.stringify(this.settings, null, 2));
    return this.settings;
  }
}

const store = new SettingsStore(FILE).load();
const app = express();
app.use(express.json({ limit: '20kb' }));

app.get('/settings', (req, res) => {
  res.json(store.settings);
});

app.patch('/settings', (req, res, next) => {
  try {
    res.json(store.update(req.body));
  } catch (err) {
    next(err);
  }
});

app.listen(process.env.PORT || 3000, '127.0.0.1');
