import { createApp, reactive, ref } from 'vue';

const KEY = 'mailbox.account';

function loadAccount() {
  try {
    return JSON.parse(window.localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

function saveAccount(account) {
  const entry = {
    server: account.server,
    login: account.login,
    password: account.password,
    savedAt: Date.now(),
  };
  window.localStorage.setItem(KEY, JSON.stringify(entry));
}

async function connect(account) {
  const response = await fetch('/api/mailbox/connect', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      server: account.server,
      login: account.login,
      password: account.password,
    }),
  });
  if (!response.ok) {
    throw new Error('connection failed');
  }
  return response.json();
}

const AccountForm = {
  setup() {
    const account = reactive({ server: '', login: '', password: '', ...loadAccount() });
    const remember = ref(true);
    const state = ref('idle');

    async function submit() {
      state.value = 'busy';
      try {
        await connect(account);
        if (remember.value) {
          saveAccount(account);
        }
        state.value = 'connected';
      } catch {
        state.value = 'failed';
      }
    }

    return { account, remember, state, submit };
  },
  template: `
    <form @submit.prevent="submit">
      <input v-model.trim="account.server" placeholder="Server" required>
      <input v-model.trim="account.login" placeholder="Login" required>
      <input v-model="account.password" type="password" required>
      <label><input type="checkbox" v-model="remember"> Remember me</label>
      <button :disabled="state === 'busy'">Connect</button>
      <p v-if="state === 'failed'">The mailbox did not accept the login.</p>
    </form>`,
};

createApp(AccountForm).mount('#account');
