/** What launchers show for the kernel: TypeScript's blue, and a network's layers that grow smaller. */
export const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
  <rect width="64" height="64" rx="12" fill="#3178c6"/>
  <g fill="#fff">
    <rect x="10" y="12" width="8" height="40" rx="2"/>
    <rect x="22" y="18" width="8" height="28" rx="2"/>
    <rect x="34" y="24" width="8" height="16" rx="2"/>
    <circle cx="51" cy="32" r="4"/>
  </g>
</svg>
`;
