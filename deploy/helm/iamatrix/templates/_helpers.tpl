{{- define "iamatrix.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "iamatrix.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "iamatrix.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "iamatrix.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "iamatrix.selectorLabels" -}}
app.kubernetes.io/name: {{ include "iamatrix.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{/* Labels or annotations: what the user gives (pairs of a value's name and its map), the last on top, and the chart's own
     keys. To give one of these is refused: it would be taken silently, or stand there twice. */}}
{{- define "iamatrix.map" -}}
{{- $map := deepCopy .own }}
{{- range .given }}
{{- $value := first . }}
{{- range $key, $text := last . }}
{{- if hasKey $.own $key }}
{{- fail (printf "%s: the chart itself sets `%s`; leave it out" $value $key) }}
{{- end }}
{{- $_ := set $map $key $text }}
{{- end }}
{{- end }}
{{- toYaml $map }}
{{- end }}

{{- define "iamatrix.ownLabels" -}}
{{ include "iamatrix.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "iamatrix.labels" -}}
{{- include "iamatrix.labelsWith" (list . "" dict) }}
{{- end }}

{{/* The same with the labels of one value besides. Takes the root, the value's name, and its map. */}}
{{- define "iamatrix.labelsWith" -}}
{{- $root := index . 0 }}
{{- $given := list (list "commonLabels" $root.Values.commonLabels) (list (index . 1) (index . 2)) }}
{{- include "iamatrix.map" (dict "own" (include "iamatrix.ownLabels" $root | fromYaml) "given" $given) }}
{{- end }}

{{- define "iamatrix.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "iamatrix.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- if or .Values.aws.roleArn .Values.serviceAccount.annotations }}
{{- fail "serviceAccount.create is false, so nothing can be annotated here: leave aws.roleArn and serviceAccount.annotations empty, and annotate that service account yourself (eks.amazonaws.com/role-arn)" }}
{{- end }}
{{- required "serviceAccount.create is false: say which one to use in serviceAccount.name" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* An image by digest if there is one, by tag otherwise. Takes the values of the image and the tag to fall back on. */}}
{{- define "iamatrix.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .tag .image.tag }}
{{- end }}
{{- end }}

{{/* inline, configMap or gitSync: where the matrix comes from. Fails unless it is exactly one of them. */}}
{{- define "iamatrix.matrixSource" -}}
{{- $sources := list }}
{{- with .Values.matrix }}
{{- if (.inline | default dict).matrix }}{{ $sources = append $sources "inline" }}{{ end }}
{{- if (.configMap | default dict).name }}{{ $sources = append $sources "configMap" }}{{ end }}
{{- if (.gitSync | default dict).repo }}{{ $sources = append $sources "gitSync" }}{{ end }}
{{- end }}
{{- if ne (len $sources) 1 }}
{{- fail (printf "the matrix comes from one place, and these were given: [%s]. Set one of matrix.inline.matrix, matrix.configMap.name and matrix.gitSync.repo" (join ", " $sources)) }}
{{- end }}
{{- first $sources }}
{{- end }}

{{/* The ConfigMap with the matrix. */}}
{{- define "iamatrix.matrixConfigMap" -}}
{{- default (printf "%s-matrix" (include "iamatrix.fullname" .)) (.Values.matrix.configMap | default dict).name }}
{{- end }}

{{/* The names of the documents that are laid into policies/, sorted, as JSON. */}}
{{- define "iamatrix.policies" -}}
{{- if eq (include "iamatrix.matrixSource" .) "inline" }}
{{- keys (.Values.matrix.inline.policies | default dict) | sortAlpha | toJson }}
{{- else }}
{{- .Values.matrix.configMap.policies | default list | sortAlpha | toJson }}
{{- end }}
{{- end }}

{{/* Where the operator finds the matrix. */}}
{{- define "iamatrix.configDir" -}}
{{- if eq (include "iamatrix.matrixSource" .) "gitSync" -}}
{{- $path := .Values.matrix.gitSync.path | default "" }}
{{- if has ".." (splitList "/" $path) }}
{{- fail (printf "matrix.gitSync.path: `%s` leads out of the repository; name a folder in it" $path) }}
{{- end }}
{{- printf "/git/root/current/%s" $path | trimSuffix "/" }}
{{- else -}}
/config
{{- end }}
{{- end }}

{{- define "iamatrix.gitOverSsh" -}}
{{- if not (hasPrefix "https://" .Values.matrix.gitSync.repo) }}true{{ end }}
{{- end }}
