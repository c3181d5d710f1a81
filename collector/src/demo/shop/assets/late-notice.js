// A notice that pushes the page down after it has been shown: the deliberate layout shift of this shop.
addEventListener('load', () => {
  setTimeout(() => {
    const notice = document.createElement('aside');
    notice.className = 'late-notice';
    notice.innerHTML =
      '<p class="eyebrow">Only this week</p><p class="late-title">A small plate with every jar</p>' +
      '<p>Glazed in the leftovers of the last firing, so no two are alike. It goes into the box by itself.</p>';
    document.getElementById('main').prepend(notice);
  }, 900);
});
