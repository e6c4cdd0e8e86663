import { createApp, reactive, computed, watch } from 'vue';

const KEY = 'table.preferences';
const THEMES = ['light', 'dark', 'contrast'];
const DEFAULTS = Object.freeze({ theme: 'light', pageSize: 25, columns: ['name', 'date'] });
const COLUMNS = ['name', 'date', 'owner', 'size'];

function sanitize(raw) {
  const result = { ...DEFAULTS, columns: [...DEFAULTS.columns] };
  if (raw && typeof raw === 'object') {
    if (THEMES.includes(raw.theme)) {
      result.theme = raw.theme;
    }
    const size = Number(raw.pageSize);
    if (Number.isInteger(size) && size >= 10 && size <= 200) {
      result.pageSize = size;
    }
    if (Array.isArray(raw.columns)) {
      result.columns = COLUMNS.filter((c) => raw.columns.includes(c));
    }
  }
  return result;
}

function load() {
  try {
    return sanitize(JSON.parse(window.localStorage.getItem(KEY)));
  } catch {
    return sanitize(null);
  }
}

const FileTable = {
  props: { files: { type: Array, required: true } },
  setup(props) {
    const preferences = reactive(load());
    watch(preferences, (value) => {
      window.localStorage.setItem(KEY, JSON.stringify(sanitize(value)));
    });
    const visible = computed(() => props.files.slice(0, preferences.pageSize));
    return { preferences, visible, themes: THEMES };
  },
  template: `
    <section :class="'theme-' + preferences.theme">
      <select v-model="preferences.theme">
        <option v-for="t in themes" :key="t" :value="t">{{ t }}</option>
      </select>
      <table>
        <tr v-for="file in visible" :key="file.id">
          <td v-for="column in preferences.columns" :key="column">{{ file[column] }}</td>
        </tr>
      </table>
    </section>`,
};

export function mount(element, files) {
  return createApp(FileTable, { files }).mount(element);
}
