{{/* git-sync as a sidecar: it starts before the operator, which waits for the first checkout, and ends after it. */}}
{{- define "iamatrix.gitSyncContainer" -}}
{{- $git := .Values.matrix.gitSync }}
{{- $overSsh := include "iamatrix.gitOverSsh" . }}
{{- if and $overSsh (not $git.existingSecret) }}
{{- fail "matrix.gitSync.repo is reached by ssh, which needs a key: name the Secret with `ssh` and `known_hosts` in matrix.gitSync.existingSecret" }}
{{- end }}
- name: git-sync
  image: {{ include "iamatrix.image" (dict "image" $git.image "tag" "") | quote }}
  restartPolicy: Always
  args:
    - {{ printf "--repo=%s" $git.repo | quote }}
    - {{ printf "--ref=%s" $git.ref | quote }}
    - --depth=1
    # What decides about the account comes from this repository and from no other.
    - --submodules=off
    - --period={{ $git.period }}
    # Below the volume's own folder, which git-sync could not replace. `current` is a link to the commit's worktree.
    - --root=/git/root
    - --link=current
    # The folder of the last commit stays for a while, for a reader who is in the middle of it.
    - --stale-worktree-timeout=5m
    # The git host may be away for longer than anybody's patience; the last checkout stays in use.
    - --max-failures=-1
    - --http-bind=:8082
    {{- if and $git.existingSecret (not $overSsh) }}
    - --password-file=/etc/git-secret/password
    {{- end }}
  env:
    - { name: HOME, value: /tmp }
    {{- if and $git.existingSecret (not $overSsh) }}
    - name: GITSYNC_USERNAME
      valueFrom:
        secretKeyRef: { name: {{ $git.existingSecret | quote }}, key: username }
    {{- end }}
  ports:
    - { name: git-sync, containerPort: 8082, protocol: TCP }
  # Until the first checkout there is nothing for the operator to read.
  startupProbe:
    httpGet: { path: /, port: git-sync }
    periodSeconds: 2
    failureThreshold: 150
  securityContext:
    {{- if .Values.runAsUser }}
    # git-sync's own user, whom ssh finds in /etc/passwd.
    runAsUser: 65533
    {{- end }}
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
  {{- with $git.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - { name: git, mountPath: /git }
    - { name: git-tmp, mountPath: /tmp }
    {{- if $git.existingSecret }}
    - { name: git-secret, mountPath: /etc/git-secret, readOnly: true }
    {{- end }}
{{- end }}
