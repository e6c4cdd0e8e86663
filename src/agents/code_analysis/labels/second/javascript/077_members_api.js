const express = require('express');
const mongoose = require('mongoose');
const session = require('express-session');
const MongoStore = require('connect-mongo');

const memberSchema = new mongoose.Schema(
  {
    email: { type: mongoose.Schema.Types.Mixed, required: true },
    accessCode: { type: mongoose.Schema.Types.Mixed, required: true },
    name: String,
    club: { type: mongoose.Schema.Types.ObjectId, ref: 'Club' },
  },
  { timestamps: true }
);

const Member = mongoose.model('Member', memberSchema);

const app = express();
app.use(express.json());
app.use(
  session({
    secret: process.env.SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
    store: MongoStore.create({ mongoUrl: process.env.MONGO_URL }),
    cookie: { httpOnly: true, secure: true, sameSite: 'strict' },
  })
);

async function findMember(credentials) {
  const filter = { email: credentials.email, accessCode: credentials.accessCode };
  return Member.findOne(filter).lean();
}

app.post('/api/session', async (req, res, next) => {
  try {
    const member = await findMember(req.body);
    if (!member) {
      return res.status(401).json({ error: 'unknown member' });
    }
    return req.session.regenerate((err) => {
      if (err) {
        return next(err);
      }
      req.session.memberId = String(member._id);
      return res.json({ name: member.name });
    });
  } catch (err) {
    return next(err);
  }
});

app.get('/api/me', async (req, res, next) => {
  if (!req.session.memberId) {
    return res.sendStatus(401);
  }
  try {
    const member = await Member.findById(req.session.memberId).select('name club').lean();
    return res.json(member);
  } catch (err) {
    return next(err);
  }
});

mongoose.connect(process.env.MONGO_URL).then(() => app.listen(3000, '127.0.0.1'));
