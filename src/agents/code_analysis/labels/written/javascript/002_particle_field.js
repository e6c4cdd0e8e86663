(function () {
  const canvas = document.querySelector('canvas.particles');
  if (!canvas || !canvas.getContext) {
    return;
  }
  const context = canvas.getContext('2d');
  const COUNT = 120;

  const between = (low, high) => low + Math.random() * (high - low);

  function spawn() {
    return {
      x: between(0, canvas.width),
      y: between(0, canvas.height),
      dx: between(-0.4, 0.4),
      dy: between(-0.4, 0.4),
      radius: between(0.5, 2),
      hue: Math.floor(between(190, 240)),
    };
  }

  function step(particle) {
    particle.x = (particle.x + particle.dx + canvas.width) % canvas.width;
    particle.y = (particle.y + particle.dy + canvas.height) % canvas.height;
  }

  function draw(particle) {
    context.beginPath();
    context.fillStyle = `hsl(${particle.hue} 70% 60%)`;
    context.arc(particle.x, particle.y, particle.radius, 0, Math.PI * 2);
    context.fill();
  }

  function resize() {
    canvas.width = canvas.clientWidth;
    canvas.height = canvas.clientHeight;
  }

  resize();
  window.addEventListener('resize', resize);
  const particles = Array.from({ length: COUNT }, spawn);

  function frame() {
    context.clearRect(0, 0, canvas.width, canvas.height);
    particles.forEach((particle) => {
      step(particle);
      draw(particle);
    });
    window.requestAnimationFrame(frame);
  }
  frame();
})();
