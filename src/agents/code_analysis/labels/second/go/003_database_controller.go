package controllers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	dbv1 "github.com/example/db-operator/api/v1"
)

const (
	passwordKey  = "password"
	usernameKey  = "username"
	secretSuffix = "-credentials"
	tokenHeader  = "X-Db-Token"
)

type DatabaseReconciler struct {
	client.Client
	Scheme *runtime.Scheme
}

func generatePassword() (string, error) {
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func (r *DatabaseReconciler) ensureSecret(ctx context.Context, db *dbv1.Database) error {
	name := types.NamespacedName{Namespace: db.Namespace, Name: db.Name + secretSuffix}
	var existing corev1.Secret
	err := r.Get(ctx, name, &existing)
	if err == nil || !apierrors.IsNotFound(err) {
		return err
	}
	password, err := generatePassword()
	if err != nil {
		return fmt.Errorf("generate password: %w", err)
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name},
		Type:       corev1.SecretTypeOpaque,
		StringData: map[string]string{usernameKey: db.Spec.Owner, passwordKey: password},
	}
	if err := ctrl.SetControllerReference(db, secret, r.Scheme); err != nil {
		return err
	}
	return r.Create(ctx, secret)
}

func (r *DatabaseReconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	var db dbv1.Database
	if err := r.Get(ctx, req.NamespacedName, &db); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !db.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	if err := r.ensureSecret(ctx, &db); err != nil {
		log.FromContext(ctx).Error(err, "credentials secret", "tokenHeader", tokenHeader)
		return ctrl.Result{}, err
	}
	db.Status.Ready = true
	return ctrl.Result{}, r.Status().Update(ctx, &db)
}

func (r *DatabaseReconciler) SetupWithManager(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).For(&dbv1.Database{}).Owns(&corev1.Secret{}).Complete(r)
}
