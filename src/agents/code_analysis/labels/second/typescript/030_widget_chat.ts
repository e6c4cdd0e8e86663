interface ChatMessage {
  from: string;
  text: string;
  at: number;
}

const SKELETON = `
  <header class="chat__head">Support</header>
  <ul class="chat__log" aria-live="polite"></ul>
  <form class="chat__form"><input name="text" maxlength="500" autocomplete="off"><button>Send</button></form>
`;

export class ChatWidget {
  private readonly log: HTMLUListElement;
  private readonly form: HTMLFormElement;
  private socket?: WebSocket;

  constructor(private readonly host: HTMLElement, private readonly url: string) {
    host.innerHTML = SKELETON;
    this.log = host.querySelector('.chat__log') as HTMLUListElement;
    this.form = host.querySelector('form') as HTMLFormElement;
    this.form.addEventListener('submit', (e) => this.onSubmit(e));
  }

  connect(): void {
    this.socket = new WebSocket(this.url);
    this.socket.addEventListener('message', (e) => this.onMessage(e));
    this.socket.addEventListener('close', () => this.host.classList.add('chat--offline'));
  }

  private onMessage(event: MessageEvent): void {
    let message: ChatMessage;
    try {
      message = JSON.parse(String(event.data));
    } catch {
      return;
    }
    this.append(message);
  }

  private append(message: ChatMessage): void {
    const item = document.createElement('li');
    const author = document.createElement('b');
    author.textContent = message.from;
    const body = document.createElement('span');
    body.textContent = message.text;
    item.append(author, ' ', body);
    item.title = new Date(Number(message.at)).toLocaleTimeString();
    this.log.append(item);
    this.log.scrollTop = this.log.scrollHeight;
  }

  private onSubmit(event: Event): void {
    event.preventDefault();
    const input = this.form.elements.namedItem('text') as HTMLInputElement;
    const text = input.value.trim();
    if (text && this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ text }));
      input.value = '';
    }
  }
}

export function mountChat(selector: string): ChatWidget | null {
  const host = document.querySelector<HTMLElement>(selector);
  if (!host) return null;
  const widget = new ChatWidget(host, 'wss://chat.example.com/ws');
  widget.connect();
  return widget;
}
