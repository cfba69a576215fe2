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
app.kubernetes.io/name: {{ include "iamatrix.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "iamatrix.labels" -}}
{{ include "iamatrix.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "iamatrix.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "iamatrix.fullname" .) .Values.serviceAccount.name }}
{{- else }}
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
{{- if .inline.matrix }}{{ $sources = append $sources "inline" }}{{ end }}
{{- if .configMap.name }}{{ $sources = append $sources "configMap" }}{{ end }}
{{- if .gitSync.repo }}{{ $sources = append $sources "gitSync" }}{{ end }}
{{- end }}
{{- if ne (len $sources) 1 }}
{{- fail (printf "the matrix comes from one place, and these were given: [%s]. Set one of matrix.inline.matrix, matrix.configMap.name and matrix.gitSync.repo" (join ", " $sources)) }}
{{- end }}
{{- first $sources }}
{{- end }}

{{/* The ConfigMap with the matrix. */}}
{{- define "iamatrix.matrixConfigMap" -}}
{{- default (printf "%s-matrix" (include "iamatrix.fullname" .)) .Values.matrix.configMap.name }}
{{- end }}

{{/* The names of the documents that are laid into policies/, sorted, as JSON. */}}
{{- define "iamatrix.policies" -}}
{{- if eq (include "iamatrix.matrixSource" .) "inline" }}
{{- keys .Values.matrix.inline.policies | sortAlpha | toJson }}
{{- else }}
{{- .Values.matrix.configMap.policies | sortAlpha | toJson }}
{{- end }}
{{- end }}

{{/* Where the operator finds the matrix. */}}
{{- define "iamatrix.configDir" -}}
{{- if eq (include "iamatrix.matrixSource" .) "gitSync" -}}
{{ printf "/git/root/current/%s" .Values.matrix.gitSync.path | trimSuffix "/" }}
{{- else -}}
/config
{{- end }}
{{- end }}

{{- define "iamatrix.gitOverSsh" -}}
{{- if not (regexMatch "^https?://" .Values.matrix.gitSync.repo) }}true{{ end }}
{{- end }}
