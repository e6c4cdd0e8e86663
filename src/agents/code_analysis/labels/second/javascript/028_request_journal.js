'use strict';

const { createWriteStream } = require('fs');
const { pipeline, Transform } = require('stream');

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;
const SECRET = /^(authorization|cookie|password|token)$/i;

function oneLine(value, limit = 300) {
  return String(value).replace(CONTROL, ' ').slice(0, limit);
}

class JsonLines extends Transform {
  constructor() {
    super({ writableObjectMode: true });
  }

  _transform(entry, encoding, callback) {
    callback(null, `${JSON.stringify(entry)}\n`);
  }
}

class RequestJournal {
  constructor(file) {
    this.lines = new JsonLines();
    pipeline(this.lines, createWriteStream(file, { flags: 'a', mode: 0o640 }), (err) => {
      if (err) {
        console.error('journal was closed: %s', err.code);
      }
    });
  }

  record(event, details = {}) {
    const fields = {};
    for (const [name, value] of Object.entries(details)) {
      fields[name] = SECRET.test(name) ? '***' : oneLine(value);
    }
    this.lines.write({ at: new Date().toISOString(), event, fields });
  }

  middleware() {
    return (req, res, next) => {
      const started = process.hrtime.bigint();
      res.once('finish', () => {
        const ms = Number((process.hrtime.bigint() - started) / 1000000n);
        this.record('request', {
          method: req.method,
          path: req.path,
          agent: req.get('user-agent') || '-',
          status: res.statusCode,
          ms,
        });
      });
      next();
    };
  }
}

function debugLine(label, req) {
  console.log('%s %s %s', label, req.method, oneLine(req.path));
}

module.exports = { RequestJournal, oneLine, debugLine };
