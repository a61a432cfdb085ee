"""weights of the diagnosis model, tokens and settings of wall screens

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('model_weight_set',
    sa.Column('set_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('valid_from_year', sa.Integer(), nullable=False),
    sa.Column('weights', sa.JSON(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('set_by', sa.String(length=64), nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('set_id')
    )
    with op.batch_alter_table('model_weight_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_model_weight_set_valid_from_year'), ['valid_from_year'], unique=False)
    op.create_table('screen_token',
    sa.Column('screen_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('issued_by', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('screen_id'),
    sa.UniqueConstraint('token_hash')
    )
    op.create_table('screen_setting',
    sa.Column('setting_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('scenes', sa.JSON(), nullable=False),
    sa.Column('seconds_per_scene', sa.Integer(), nullable=False),
    sa.Column('reload_hour', sa.Integer(), nullable=False),
    sa.Column('set_by', sa.String(length=64), nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('setting_id')
    )


def downgrade() -> None:
    op.drop_table('screen_setting')
    op.drop_table('screen_token')
    op.drop_table('model_weight_set')
