const vm = require('vm');
const express = require('express');
const { saveRule, rulesFor } = require('./rules');

const router = express.Router();

function runRule(source, order) {
  const result = { discount: 0, notes: [] };
  const context = vm.createContext({ order, result, Math, Date });
  vm.runInContext(source, context, { timeout: 100 });
  return result;
}

router.put('/tenants/:tenant/rules/:name', express.text({ limit: '20kb' }), async (req, res) => {
  await saveRule(req.params.tenant, req.params.name, req.body);
  res.sendStatus(204);
});

router.post('/tenants/:tenant/evaluate', express.json(), async (req, res, next) => {
  try {
    const outcomes = [];
    for (const rule of await rulesFor(req.params.tenant)) {
      outcomes.push({ rule: rule.name, ...runRule(rule.source, req.body) });
    }
    res.json(outcomes);
  } catch (err) {
    next(err);
  }
});

module.exports = router;
